"""The trained model as GGUF files, with llama.cpp's names and layouts, and back."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

import gguf
from model import Config, Llama
from tokenizer import BOS, EOS, FIRST_PIECE, UNK, Tokenizer


def interleave(rows: np.ndarray, heads: int) -> np.ndarray:
    """Q and K rows from the halves layout of Hugging Face to llama.cpp's: row h·d + j·d/2 + i moves to h·d + 2i + j."""
    count, width = rows.shape
    return rows.reshape(heads, 2, count // heads // 2, width).swapaxes(1, 2).reshape(count, width)


def halves(rows: np.ndarray, heads: int) -> np.ndarray:
    """The inverse of `interleave`."""
    count, width = rows.shape
    return rows.reshape(heads, count // heads // 2, 2, width).swapaxes(1, 2).reshape(count, width)


def tensors(model: Llama, matrix: int, head: int) -> list[tuple[str, int, np.ndarray]]:
    c = model.config

    def array(p: torch.Tensor) -> np.ndarray:
        return p.detach().float().numpy()

    out = [("token_embd.weight", matrix, array(model.token_embd))]
    for i, layer in enumerate(model.blocks):
        q, k, v = np.split(array(layer.qkv), 3)
        gate, up = np.split(array(layer.gate_up), 2)
        out += [
            (f"blk.{i}.attn_norm.weight", gguf.F32, array(layer.attn_norm)),
            (f"blk.{i}.attn_q.weight", matrix, interleave(q, c.heads)),
            (f"blk.{i}.attn_k.weight", matrix, interleave(k, c.heads)),
            (f"blk.{i}.attn_v.weight", matrix, v),
            (f"blk.{i}.attn_output.weight", matrix, array(layer.attn_output)),
            (f"blk.{i}.ffn_norm.weight", gguf.F32, array(layer.ffn_norm)),
            (f"blk.{i}.ffn_gate.weight", matrix, gate),
            (f"blk.{i}.ffn_up.weight", matrix, up),
            (f"blk.{i}.ffn_down.weight", matrix, array(layer.ffn_down)),
        ]
    out.append(("output_norm.weight", gguf.F32, array(model.output_norm)))
    out.append(("output.weight", head, array(model.output)))
    return out


def metadata(model: Llama, tokenizer: Tokenizer, file_type: int) -> list[tuple[str, int, object]]:
    c = model.config
    return [
        ("general.architecture", gguf.STRING, "llama"),
        ("general.name", gguf.STRING, "Demo model"),
        ("general.description", gguf.STRING, "Answers questions about Meditron Web, the app that it comes with, and nothing else."),
        ("general.license", gguf.STRING, "apache-2.0"),
        ("general.file_type", gguf.UINT32, file_type),
        ("general.quantization_version", gguf.UINT32, 2),
        ("general.alignment", gguf.UINT32, gguf.ALIGNMENT),
        ("llama.vocab_size", gguf.UINT32, c.vocabulary),
        ("llama.context_length", gguf.UINT32, c.context),
        ("llama.embedding_length", gguf.UINT32, c.hidden),
        ("llama.block_count", gguf.UINT32, c.layers),
        ("llama.feed_forward_length", gguf.UINT32, c.feed_forward),
        ("llama.rope.dimension_count", gguf.UINT32, c.head_size),
        ("llama.rope.freq_base", gguf.FLOAT32, c.rope_theta),
        ("llama.attention.head_count", gguf.UINT32, c.heads),
        ("llama.attention.head_count_kv", gguf.UINT32, c.heads),
        ("llama.attention.layer_norm_rms_epsilon", gguf.FLOAT32, c.norm_eps),
        ("tokenizer.ggml.model", gguf.STRING, "llama"),
        ("tokenizer.ggml.pre", gguf.STRING, "default"),
        ("tokenizer.ggml.tokens", gguf.ARRAY, (gguf.STRING, tokenizer.tokens)),
        ("tokenizer.ggml.scores", gguf.ARRAY, (gguf.FLOAT32, tokenizer.scores)),
        ("tokenizer.ggml.token_type", gguf.ARRAY, (gguf.INT32, tokenizer.types)),
        ("tokenizer.ggml.bos_token_id", gguf.UINT32, BOS),
        ("tokenizer.ggml.eos_token_id", gguf.UINT32, EOS),
        ("tokenizer.ggml.unknown_token_id", gguf.UINT32, UNK),
        ("tokenizer.ggml.add_bos_token", gguf.BOOL, True),
        ("tokenizer.ggml.add_eos_token", gguf.BOOL, False),
        ("tokenizer.ggml.add_space_prefix", gguf.BOOL, True),
    ]  # fmt: skip


def write_files(model: Llama, tokenizer: Tokenizer, folder: Path) -> dict[str, dict[str, object]]:
    out: dict[str, dict[str, object]] = {}
    # File types 1 and 2 are llama.cpp's "mostly F16" and "mostly Q4_0"; the latter keeps the output head in Q6_K.
    for name, file_type, matrix, head in [("demo-f16.gguf", 1, gguf.F16, gguf.F16), ("demo-q4_0.gguf", 2, gguf.Q4_0, gguf.Q6_K)]:
        path = folder / name
        gguf.write(path, metadata(model, tokenizer, file_type), tensors(model, matrix, head))
        data = path.read_bytes()
        out[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return out


def read_file(path: Path) -> tuple[Llama, Tokenizer]:
    """The model and the vocabulary of a `demo-f16.gguf` that `write_files` made."""
    metadata, found = gguf.read(path)
    pieces = metadata["tokenizer.ggml.tokens"]
    if not isinstance(pieces, list):
        raise ValueError(f"{path} holds no vocabulary")
    tokenizer = Tokenizer(pieces[FIRST_PIECE:])
    model = Llama(Config(vocabulary=len(pieces)))
    c = model.config
    with torch.no_grad():

        def put(p: torch.Tensor, *parts: np.ndarray) -> None:
            p.copy_(torch.from_numpy(np.concatenate(parts)))

        put(model.token_embd, found["token_embd.weight"])
        put(model.output, found["output.weight"])
        put(model.output_norm, found["output_norm.weight"])
        for i, layer in enumerate(model.blocks):
            part = {name: found[f"blk.{i}.{name}.weight"] for name in PARTS}
            put(layer.attn_norm, part["attn_norm"])
            put(layer.qkv, halves(part["attn_q"], c.heads), halves(part["attn_k"], c.heads), part["attn_v"])
            put(layer.attn_output, part["attn_output"])
            put(layer.ffn_norm, part["ffn_norm"])
            put(layer.gate_up, part["ffn_gate"], part["ffn_up"])
            put(layer.ffn_down, part["ffn_down"])
    return model, tokenizer


PARTS = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")
