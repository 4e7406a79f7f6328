/** Totals shown above an artist's portfolio. */
export function summarize(items) {
  const media = new Map();
  for (const item of items) media.set(item.medium, (media.get(item.medium) ?? 0) + 1);
  const years = items.map((item) => item.year);
  return {
    count: items.length,
    from: years.length ? Math.min(...years) : null,
    to: years.length ? Math.max(...years) : null,
    media: [...media]
      .map(([medium, count]) => ({ medium, count }))
      .sort((a, b) => b.count - a.count || a.medium.localeCompare(b.medium)),
  };
}
