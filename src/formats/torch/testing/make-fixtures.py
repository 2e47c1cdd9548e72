"""Writes the checkpoints the tests read, and what PyTorch itself says is in them (expected.json).

Needs PyTorch (Debian: python3-torch). Run from this folder: /usr/bin/python3 make-fixtures.py
"""
import io
import json
import os
import shutil
import zipfile

import torch

OUT = 'fixtures'
NAMES = {
    torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.int64: 'I64',
    torch.int32: 'I32', torch.int16: 'I16', torch.int8: 'I8', torch.uint8: 'U8', torch.bool: 'BOOL',
}


def values(tensor):
    """The bytes of a tensor's elements in row-major order."""
    flat = tensor.detach().contiguous().reshape(-1).clone()
    return bytes(flat.untyped_storage() if hasattr(flat, 'untyped_storage') else flat.storage().untyped())


def describe(tensors):
    return {
        name: {'dtype': NAMES[t.dtype], 'shape': list(t.shape), 'strides': list(t.stride()), 'hex': values(t).hex()}
        for name, t in tensors.items()
    }


def ramp(*shape, dtype):
    count = 1
    for n in shape:
        count *= n
    return (torch.arange(count, dtype=torch.float32) / 8 - 3).reshape(shape).to(dtype)


def tensors():
    wide = ramp(6, 10, dtype=torch.float16)
    base = ramp(4, 8, dtype=torch.bfloat16)
    cube = ramp(2, 3, 4, dtype=torch.float32)
    return {
        'f64': ramp(3, dtype=torch.float64),
        'f32': ramp(3, 5, dtype=torch.float32),
        'f16': ramp(4, 4, dtype=torch.float16),
        'bf16': ramp(2, 7, dtype=torch.bfloat16),
        'i64': torch.tensor([-1, 2**40]),
        'i32': torch.tensor([[-5, 7]], dtype=torch.int32),
        'i16': torch.tensor([-300], dtype=torch.int16),
        'i8': torch.tensor([-3, 3], dtype=torch.int8),
        'u8': torch.tensor([255, 1], dtype=torch.uint8),
        'bool': torch.tensor([True, False, True]),
        'scalar': torch.tensor(2.5),
        'empty': torch.empty(0, 4),
        'shared.whole': base,
        'shared.again': base,
        'shared.rows': base[1:3],  # an offset, contiguous
        'shared.columns': base[:, 2:5],  # an offset, and gaps between rows
        'transposed': wide.t(),
        'transposed.part': wide.t()[3:7, 1:4],
        'every-other': wide[::2, ::3],
        'column': wide[:, 4],
        'expanded.rows': ramp(1, 4, dtype=torch.float32).expand(3, 4),
        'expanded.columns': ramp(3, 1, dtype=torch.float32).expand(3, 2),
        'ones': ramp(3, 4, dtype=torch.float16).reshape(3, 4, 1, 1),
        'cube': cube,
        'cube.slice': cube[:, 1, :],
        'parameter': torch.nn.Parameter(ramp(2, 2, dtype=torch.float32)),
    }


def rezip(source, target, method):
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, 'w', method) as out:
        for name in archive.namelist():
            out.writestr(name, archive.read(name))


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    made = tensors()
    torch.save(made, f'{OUT}/tensors.pt')
    torch.save(made, f'{OUT}/protocol-4.pt', pickle_protocol=4)
    rezip(f'{OUT}/tensors.pt', f'{OUT}/deflated.pt', zipfile.ZIP_DEFLATED)

    module = torch.nn.Linear(3, 2)
    with torch.no_grad():
        module.weight.copy_(ramp(2, 3, dtype=torch.float32))
        module.bias.copy_(ramp(2, dtype=torch.float32))
    torch.save(module.state_dict(), f'{OUT}/state-dict.pt')
    torch.save(module, f'{OUT}/whole-module.pt')
    torch.save({'f32': ramp(2, dtype=torch.float32)}, f'{OUT}/legacy.pt', _use_new_zipfile_serialization=False)
    torch.save({'step': 7, 'f32': ramp(2, dtype=torch.float32)}, f'{OUT}/not-only-tensors.pt')
    torch.save([ramp(2, dtype=torch.float32)], f'{OUT}/list.pt')

    reread = torch.load(f'{OUT}/tensors.pt')
    expected = {
        'torch': torch.__version__,
        'tensors': describe(reread),
        'state-dict': describe(torch.load(f'{OUT}/state-dict.pt')),
    }
    with open(f'{OUT}/expected.json', 'w') as file:
        json.dump(expected, file, indent=1)
        file.write('\n')


main()
