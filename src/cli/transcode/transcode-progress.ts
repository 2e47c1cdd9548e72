import type { ConvertProgress } from '../../transcode/run/workers/conversion-port.ts';

const BAR_WIDTH = 24;

/** One line for a terminal: bar, share, bytes, speed, time left. */
export function progressLine(progress: ConvertProgress): string {
  const { bytesRead, bytesToRead, bytesPerSecond, secondsLeft, phase } = progress;
  const share = bytesToRead === 0 ? 1 : Math.min(bytesRead / bytesToRead, 1);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const parts = [
    `${bar} ${Math.floor(share * 100)
      .toString()
      .padStart(3)} %`,
    `${gigabytes(bytesRead)} of ${gigabytes(bytesToRead)}`,
  ];
  if (phase === 'hashing') parts.push('hashing the source');
  if (bytesPerSecond !== null)
    parts.push(`${(bytesPerSecond / 1e6).toFixed(bytesPerSecond < 1e7 ? 1 : 0)} MB/s`);
  if (secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`);
  return parts.join(' · ');
}

export function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
