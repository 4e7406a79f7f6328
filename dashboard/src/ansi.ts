// Escape sequences for colours (SGR of ECMA-48) as spans; all other sequences are dropped. Text stays text.

export interface Span {
  text: string;
  style: string;
}

const sequence = /\x1b(?:\[([0-9;:]*)([@-~])|\[[ -?]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()*+].|.)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;

/** The text without sequences. */
export function plain(text: string): string {
  return /[\x00-\x08\x0b-\x1f\x7f]/.test(text) ? text.replace(sequence, "") : text;
}

interface Pen {
  color: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

/** Class names for the pen; colours are those of the theme, so that they can be read on it. */
function style(pen: Pen): string {
  const names = [];
  if (pen.color != null) names.push(`c${pen.color}`);
  if (pen.bold) names.push("b");
  if (pen.dim) names.push("d");
  if (pen.italic) names.push("i");
  if (pen.underline) names.push("u");
  return names.join(" ");
}

/** One of 16 colours for a colour of the 256; the cube and its greys are mapped to the nearest hue. */
function nearest(index: number): number | null {
  if (index < 16) return index;
  if (index >= 232) return index < 244 ? 8 : null;
  const cube = index - 16;
  return hue(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function hue(red: number, green: number, blue: number): number | null {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 40) return most > 150 ? null : 8;
  const limit = most * 0.66;
  return (red >= limit ? 1 : 0) + (green >= limit ? 2 : 0) + (blue >= limit ? 4 : 0);
}

function apply(pen: Pen, codes: number[]) {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 0) Object.assign(pen, blank());
    else if (code === 1) pen.bold = true;
    else if (code === 2) pen.dim = true;
    else if (code === 3) pen.italic = true;
    else if (code === 4) pen.underline = true;
    else if (code === 22) pen.bold = pen.dim = false;
    else if (code === 23) pen.italic = false;
    else if (code === 24) pen.underline = false;
    else if (code >= 30 && code <= 37) pen.color = code - 30;
    else if (code >= 90 && code <= 97) pen.color = code - 82;
    else if (code === 39) pen.color = null;
    else if (code === 38 || code === 48) {
      const color =
        codes[at + 1] === 5 ? nearest(codes[at + 2] ?? 0) : hue(codes[at + 2] ?? 0, codes[at + 3] ?? 0, codes[at + 4] ?? 0);
      if (code === 38) pen.color = color;
      at += codes[at + 1] === 5 ? 2 : 4;
    }
  }
}

const blank = (): Pen => ({ color: null, bold: false, dim: false, italic: false, underline: false });

/** Spans of equal style; their texts together are `plain(text)`. */
export function spans(text: string): Span[] {
  const found: Span[] = [];
  const pen = blank();
  let from = 0;
  const push = (to: number) => {
    if (to > from) found.push({ text: text.slice(from, to), style: style(pen) });
  };
  for (const match of text.matchAll(sequence)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") apply(pen, (match[1] ?? "").split(/[;:]/).map(Number));
  }
  push(text.length);
  return found;
}

/** Cuts spans at the matches, which `mark` tells apart. */
export function marked(all: Span[], pattern: RegExp | null): (Span & { mark: boolean })[] {
  if (!pattern) return all.map((span) => ({ ...span, mark: false }));
  const whole = all.map((span) => span.text).join("");
  const cuts: [number, number][] = [];
  pattern.lastIndex = 0;
  for (const match of whole.matchAll(pattern)) {
    if (match[0]) cuts.push([match.index, match.index + match[0].length]);
    if (cuts.length > 200) break;
  }
  const found: (Span & { mark: boolean })[] = [];
  let at = 0;
  for (const span of all) {
    let from = at;
    const end = at + span.text.length;
    const push = (to: number, mark: boolean) => {
      if (to > from) found.push({ text: span.text.slice(from - at, to - at), style: span.style, mark });
      from = Math.max(from, to);
    };
    for (const [start, stop] of cuts) {
      if (stop <= from || start >= end) continue;
      push(Math.min(start, end), false);
      push(Math.min(stop, end), true);
    }
    push(end, false);
    at = end;
  }
  return found;
}
