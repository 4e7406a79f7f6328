// Where each row of the log lies. Lines are set in a monospaced face, so their height follows from their length.

import { fields, structured } from "./structure";
import type { Entry } from "./store";

export const row = 20;

export interface Layout {
  total: number;
  /** The top of the row at this index. */
  top(index: number): number;
  /** The index of the row at this height. */
  at(y: number): number;
}

/** Every row is one line high. */
function even(count: number): Layout {
  return { total: count * row, top: (index) => index * row, at: (y) => Math.floor(y / row) };
}

/** Rows of the detail under an expanded line. */
export const detailRows = (detail: string) => Math.min(detail.split("\n").length, 30) + 3;

/** `columns` is how many characters fit beside each other when lines wrap; null when they do not. */
export function layout(lines: Entry[], columns: number | null, open: ReadonlyMap<number, number>): Layout {
  if (columns == null && !open.size) return even(lines.length);
  const tops = new Float64Array(lines.length + 1);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const rows = columns == null ? 1 : Math.max(1, Math.ceil(shownLength(line) / columns));
    tops[index + 1] = tops[index]! + (rows + (open.size ? (open.get(line.id) ?? 0) : 0)) * row;
  }
  const at = (y: number) => {
    let low = 0;
    let high = lines.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return { total: tops[lines.length]!, top: (index) => tops[index]!, at };
}

const shownLength = (line: Entry) => 
  structured(line) ? line.message.length + 1 + fields(line).length : line.plain.length;
