const ARTISTS_SERVICE = 'http://localhost:4001';

export async function fetchArtist(id) {
  const response = await fetch(`${ARTISTS_SERVICE}/artists/${id}`);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`artists service answered ${response.status}`);
  return response.json();
}
