// Suggests the text of a reminder.
const key = import.meta.env.VITE_OPENAI_API_KEY;

export async function suggest(invoice) {
  const answer = await fetch('https://api.openai.com/v1/responses', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', input: `Remind about ${invoice.number}` }),
    signal: AbortSignal.timeout(20000),
  });
  return (await answer.json()).output_text;
}
