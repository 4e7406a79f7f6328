// A sentence with code in it, as messages have it: between backticks.

export function Ticked({ text }: { text: string }) {
  // Every other part stands between two ticks; a tick without its partner is one.
  const parts = text.split("`");
  if (parts.length % 2 === 0) return <>{text}</>;
  return <>{parts.map((part, at) => (at % 2 ? <code>{part}</code> : part))}</>;
}
