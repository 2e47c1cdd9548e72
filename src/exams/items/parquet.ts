/** The hub's parquet files, with every compression they use. Fetched only when such a file is opened. */
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError } from '../../errors/app-error.ts';
import { MAX_COLUMNS, MAX_ITEMS } from './limits.ts';
import type { Table } from './reading.ts';

/** @throws AppError `exams/too-large`, `exams/damaged`. */
export async function parquetTable(file: string, bytes: ArrayBuffer): Promise<Table> {
  try {
    const metadata = await parquetMetadataAsync(bytes);
    if (metadata.num_rows > BigInt(MAX_ITEMS)) throw tooMany(file, 'items', MAX_ITEMS);
    // The schema's elements: the root, and for a list or struct more than one a column.
    if (metadata.schema.length > 4 * MAX_COLUMNS) throw tooMany(file, 'columns', MAX_COLUMNS);
    const records = await parquetReadObjects({ file: bytes, metadata, compressors });
    if (records.length !== Number(metadata.num_rows)) {
      throw new AppError('exams/damaged', `${file}: ${records.length} rows of ${metadata.num_rows}`, {
        file,
      });
    }
    return { kind: 'records', file, records };
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('exams/damaged', `${file}: ${String(thrown)}`, { file }, { cause: thrown });
  }
}

function tooMany(file: string, unit: string, limit: number): AppError {
  return new AppError('exams/too-large', `${file}: more than ${limit} ${unit}`, { file, unit, limit });
}
