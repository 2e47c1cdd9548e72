/**
 * Makes a copy of Debian's Chromium, as its headless shell where there is one, whose software WebGPU adapter has shader-f16, so that
 * machines without a GPU can run the GPU paths for real. Chromium's own SwiftShader lacks 16-bit floats; Mesa's lavapipe has them
 * and is put in its place. The system stays untouched: packages are downloaded with apt's state in our cache folder and unpacked there.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { aptGet, debianVersion, isDebianRoot } from './browser.ts';
import { ensureHeadlessShell, SHELL, shellFiles } from './headless-shell.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TARGET = join(ROOT, '.cache/chromium-f16');
const SOURCE = '/usr/lib/chromium';

export type SoftwareGpu = { readonly path: string } | { readonly skip: string };

/** Shaders are compiled by LLVM at first use; Mesa keeps them here between runs. */
export const SHADER_CACHE = join(ROOT, '.cache/mesa-shaders');

/** @returns the browser to start (with `--enable-unsafe-webgpu`), or why there can be none on this machine. */
export function ensureSoftwareGpu(): SoftwareGpu {
  if (process.env.NO_SOFTWARE_GPU) return { skip: 'NO_SOFTWARE_GPU is set' };
  if (!existsSync(SOURCE) || !isDebianRoot()) {
    return {
      skip: 'the software GPU is built from Debian packages as root; this machine is not Debian, or not root',
    };
  }
  const shell = ensureHeadlessShell().whole === null;
  const browser = join(TARGET, shell ? SHELL : 'chromium');
  const stamp = join(TARGET, 'built-from');
  const version = `${debianVersion('chromium')}${shell ? ' with its headless shell' : ''}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) return { path: browser };
  try {
    build(version, stamp, shell ? shellFiles() : []);
    return { path: browser };
  } catch (error) {
    return {
      skip: `the software GPU could not be built: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function build(version: string, stamp: string, shell: readonly string[]): void {
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  cpSync(SOURCE, TARGET, { recursive: true });
  for (const path of shell) cpSync(path, join(TARGET, basename(path)));
  const mesa = downloadMesa();
  writeFileSync(join(TARGET, 'libvulkan_lvp.so'), mesa);
  // WebGL keeps the real SwiftShader under another name.
  renameSync(join(TARGET, 'libvk_swiftshader.so'), join(TARGET, 'libvk_swiftshader_webgl.so'));
  writeFileSync(
    join(TARGET, 'vk_swiftshader_icd.json'),
    JSON.stringify({
      file_format_version: '1.0.0',
      ICD: { library_path: './libvk_swiftshader_webgl.so', api_version: '1.0.5' },
    }),
  );
  execFileSync(compiler(), [
    '-shared',
    '-fPIC',
    '-nostdlib',
    `-DLVP_PATH="${join(TARGET, 'libvulkan_lvp.so')}"`,
    '-o',
    join(TARGET, 'libvk_swiftshader.so'),
    join(import.meta.dirname, 'lvp-as-swiftshader.c'),
  ]);
  installMissingLibraries(join(TARGET, 'libvulkan_lvp.so'));
  writeFileSync(stamp, version);
}

/** bookworm's own Mesa is too old for shader-f16 in lavapipe: the one in backports is not. */
function downloadMesa(): Buffer {
  const work = join(ROOT, '.cache/apt');
  mkdirSync(join(work, 'lists/partial'), { recursive: true });
  const sources = join(work, 'sources.list');
  writeFileSync(sources, `deb ${debianMirror()} ${codename()}-backports main\n`);
  const options = [
    '-o',
    `Dir::Etc::SourceList=${sources}`,
    '-o',
    'Dir::Etc::SourceParts=-',
    '-o',
    `Dir::State::Lists=${work}/lists`,
  ];
  aptGet([...options, 'update']);
  aptGet([...options, 'download', 'mesa-vulkan-drivers'], work);
  const deb = readdirSync(work).find((name) => name.startsWith('mesa-vulkan-drivers_'));
  if (!deb) throw new Error('apt-get download left no mesa-vulkan-drivers package');
  const unpacked = join(work, 'mesa');
  execFileSync('dpkg-deb', ['--extract', join(work, deb), unpacked]);
  const library = readFileSync(join(unpacked, `usr/lib/${multiarch()}/libvulkan_lvp.so`));
  rmSync(work, { recursive: true, force: true });
  return library;
}

function compiler(): string {
  const found = ['/usr/bin/cc', '/usr/bin/gcc', '/usr/bin/clang', '/usr/bin/tcc'].find((path) =>
    existsSync(path),
  );
  if (found) return found;
  aptGet(['install', '-y', '--no-install-recommends', 'tcc']);
  return '/usr/bin/tcc';
}

/** Fails with the names of what the driver needs and this machine lacks. */
function installMissingLibraries(library: string): void {
  const missing = () =>
    execFileSync('ldd', [library], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('not found'))
      .map((line) => line.trim().split(' ')[0] ?? '');
  const first = missing();
  if (first.length === 0) return;
  // bookworm's own driver package brings the same helper libraries (libdrm, libLLVM, xcb).
  aptGet(['install', '-y', '--no-install-recommends', 'mesa-vulkan-drivers']);
  const left = missing();
  if (left.length > 0) throw new Error(`libvulkan_lvp.so needs ${left.join(', ')}`);
}

function debianMirror(): string {
  const policy = execFileSync('apt-cache', ['policy', 'bash'], { encoding: 'utf8' });
  const mirror = /https?:\/\/\S+/.exec(policy)?.[0];
  if (!mirror) throw new Error('apt-cache policy names no mirror');
  return mirror;
}

function codename(): string {
  const name = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (!name) throw new Error('/etc/os-release names no release');
  return name;
}

function multiarch(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
}
