const STATUSES = ['planned', 'active', 'finished'];

export class ValidationError extends Error {
  constructor(message) {
    super(message);
    this.status = 400;
  }
}

function text(value, field, { max = 200, fallback } = {}) {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'string' || !value.trim()) throw new ValidationError(`${field} is required`);
  if (value.length > max) throw new ValidationError(`${field} is too long`);
  return value.trim();
}

export function parseId(value, field = 'id') {
  const id = Number(value);
  if (!Number.isInteger(id) || id < 1 || id > 2147483647) {
    throw new ValidationError(`${field} must be a positive number`);
  }
  return id;
}

export function parsePaging(query) {
  const page = Math.max(1, Math.trunc(Number(query.page)) || 1);
  const pageSize = Math.min(100, Math.max(1, Math.trunc(Number(query.pageSize)) || 20));
  return { page, pageSize, offset: (page - 1) * pageSize };
}

/** Turns user input into an ILIKE pattern that matches it literally. */
export function likePattern(search) {
  return `%${String(search ?? '').trim().replace(/[\\%_]/g, '\\$&')}%`;
}

export function parseArtist(body = {}) {
  return {
    name: text(body.name, 'name'),
    discipline: text(body.discipline, 'discipline'),
    city: text(body.city, 'city'),
    bio: body.bio ? text(body.bio, 'bio', { max: 2000 }) : '',
  };
}

export function parseProject(body = {}) {
  const status = text(body.status, 'status', { fallback: 'planned' });
  if (!STATUSES.includes(status)) {
    throw new ValidationError(`status must be one of ${STATUSES.join(', ')}`);
  }
  const budgetCents = Number(body.budgetCents ?? 0);
  if (!Number.isInteger(budgetCents) || budgetCents < 0 || budgetCents > 2147483647) {
    throw new ValidationError('budgetCents must be a whole number');
  }
  const startsOn = body.startsOn || null;
  if (startsOn && (!/^\d{4}-\d{2}-\d{2}$/.test(startsOn) || Number.isNaN(Date.parse(startsOn)))) {
    throw new ValidationError('startsOn must be a date');
  }
  return {
    artistId: parseId(body.artistId, 'artistId'),
    title: text(body.title, 'title'),
    status,
    budgetCents,
    startsOn,
  };
}
