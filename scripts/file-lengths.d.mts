/** @file Types of file-lengths.mjs, for its tests. */
interface FileLength {
  path: string;
  lines: number;
}
export const lineLimit: number;
export function measureFiles(options?: { folder?: string; limit?: number }): {
  largest: FileLength[];
  tooLong: FileLength[];
  limit: number;
};
