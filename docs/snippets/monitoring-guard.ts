/** Moves a limit from another machine: a key and the JSON content type are what the guard asks for. */
export async function setResponseLimit(service: string, apiKey: string, limitMs: number): Promise<void> {
  const answer = await fetch(`${service}/performance/thresholds`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ thresholds: { responseTimeMs: { limit: limitMs } } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}
