"""A Llama in PyTorch, small enough to train on one CPU core, and the Q4_0 rounding it trains against."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Config:
    vocabulary: int = 2048
    hidden: int = 256
    feed_forward: int = 704
    layers: int = 4
    heads: int = 4
    context: int = 2048
    norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads


class RoundToQ4(torch.autograd.Function):
    """Rounds [.., K] to llama.cpp's Q4_0 grid; the gradient passes straight through."""

    @staticmethod
    def forward(_ctx, weight: torch.Tensor) -> torch.Tensor:
        blocks = weight.reshape(-1, 32)
        at = blocks.abs().argmax(dim=1, keepdim=True)
        scale = blocks.gather(1, at) / -8.0
        inverse = torch.where(scale == 0, torch.zeros_like(scale), 1.0 / scale)
        codes = torch.floor(blocks * inverse + 8.5).clamp_(0, 15)
        return ((codes - 8.0) * scale.half().float()).reshape(weight.shape)

    @staticmethod
    def backward(_ctx, gradient: torch.Tensor) -> torch.Tensor:
        return gradient


class Layer(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        h, f = config.hidden, config.feed_forward
        self.attn_norm = nn.Parameter(torch.ones(h))
        self.ffn_norm = nn.Parameter(torch.ones(h))
        self.qkv = nn.Parameter(torch.empty(3 * h, h))
        self.attn_output = nn.Parameter(torch.empty(h, h))
        self.gate_up = nn.Parameter(torch.empty(2 * f, h))
        self.ffn_down = nn.Parameter(torch.empty(h, f))


class Llama(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Parameter(torch.empty(config.vocabulary, config.hidden))
        self.output = nn.Parameter(torch.empty(config.vocabulary, config.hidden))
        self.output_norm = nn.Parameter(torch.ones(config.hidden))
        self.blocks = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.quantised = False
        for name, p in self.named_parameters():
            if p.dim() == 2:
                std = 0.02
                if name.endswith(("attn_output", "ffn_down")):
                    std /= math.sqrt(2 * config.layers)
                nn.init.normal_(p, std=std if "token_embd" not in name else 0.05)
        half = config.head_size // 2
        frequency = config.rope_theta ** (-torch.arange(half, dtype=torch.float64) * 2 / config.head_size)
        angle = torch.arange(config.context, dtype=torch.float64)[:, None] * frequency[None, :]
        self.register_buffer("cos", torch.cat([angle.cos(), angle.cos()], 1).float(), persistent=False)
        self.register_buffer("sin", torch.cat([angle.sin(), angle.sin()], 1).float(), persistent=False)

    def weight(self, p: torch.Tensor) -> torch.Tensor:
        return RoundToQ4.apply(p) if self.quantised else p

    def norm(self, x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config.norm_eps) * gain

    def rotate(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """Rotary embedding in the Hugging Face ("neox") layout: the halves of a head rotate against each other."""
        half = self.config.head_size // 2
        return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin

    def forward(
        self,
        ids: torch.Tensor,
        wanted: torch.Tensor | None = None,
        cache: list[tuple[torch.Tensor, torch.Tensor]] | None = None,
        positions: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """ids [B, T]; logits [B, T, V], or [n, V] for the n positions that the mask `wanted` [B, T] selects.

        With `cache` (a list of one (k, v) per layer, or an empty one) the ids continue what was fed before.
        Without `positions` [B, T] and `mask` [B, 1, T, T] (added to the scores), a row is one plain sequence.
        """
        c = self.config
        batch, length = ids.shape
        start = cache[0][0].shape[2] if cache else 0
        x = F.embedding(ids, self.weight(self.token_embd))
        if positions is None:
            positions = torch.arange(start, start + length)[None]
        if mask is None:
            mask = torch.full((length, start + length), float("-inf")).triu(start + 1)
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        for index, layer in enumerate(self.blocks):
            qkv = F.linear(self.norm(x, layer.attn_norm), self.weight(layer.qkv))
            q, k, v = (
                t.reshape(batch, length, c.heads, c.head_size).transpose(1, 2) for t in qkv.split(c.hidden, dim=-1)
            )
            q, k = self.rotate(q, cos, sin), self.rotate(k, cos, sin)
            if cache is not None:
                if len(cache) > index:
                    k = torch.cat([cache[index][0], k], 2)
                    v = torch.cat([cache[index][1], v], 2)
                    cache[index] = (k, v)
                else:
                    cache.append((k, v))
            scores = torch.matmul(q, k.transpose(2, 3)) * (1 / math.sqrt(c.head_size)) + mask
            mixed = torch.matmul(scores.softmax(-1), v).transpose(1, 2).reshape(batch, length, c.hidden)
            x = x + F.linear(mixed, self.weight(layer.attn_output))
            gate, up = F.linear(self.norm(x, layer.ffn_norm), self.weight(layer.gate_up)).split(c.feed_forward, -1)
            x = x + F.linear(F.silu(gate) * up, self.weight(layer.ffn_down))
        x = self.norm(x, self.output_norm)
        if wanted is not None:
            x = x[wanted]
        return F.linear(x, self.weight(self.output))

    @torch.no_grad()
    def greedy(self, prompt: list[int], limit: int, stop: int) -> list[int]:
        cache: list[tuple[torch.Tensor, torch.Tensor]] = []
        out: list[int] = []
        ids = torch.tensor([prompt])
        while len(out) < limit:
            token = int(self(ids, cache=cache)[0, -1].argmax())
            if token == stop:
                break
            out.append(token)
            ids = torch.tensor([[token]])
        return out
