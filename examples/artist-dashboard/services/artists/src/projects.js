import { Router } from 'express';

import { parseId, parsePaging, parseProject, ValidationError } from './validate.js';

const COLUMNS = `id, artist_id AS "artistId", title, status, budget_cents AS "budgetCents",
  to_char(starts_on, 'YYYY-MM-DD') AS "startsOn", created_at AS "createdAt"`;

const FOREIGN_KEY_VIOLATION = '23503';

function rethrow(error) {
  if (error.code === FOREIGN_KEY_VIOLATION) throw new ValidationError('artist does not exist');
  throw error;
}

export function projectsRouter(db) {
  const router = Router();

  router.get('/', async (req, res) => {
    const { page, pageSize, offset } = parsePaging(req.query);
    const artistId = req.query.artistId ? parseId(req.query.artistId, 'artistId') : null;
    const where = 'WHERE $1::int IS NULL OR artist_id = $1';
    const [list, count] = await Promise.all([
      db.query(
        `SELECT ${COLUMNS} FROM projects ${where}
          ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3`,
        [artistId, pageSize, offset],
      ),
      db.query(`SELECT count(*)::int AS total FROM projects ${where}`, [artistId]),
    ]);
    res.json({ items: list.rows, total: count.rows[0].total, page, pageSize });
  });

  router.get('/:id', async (req, res) => {
    const { rows } = await db.query(`SELECT ${COLUMNS} FROM projects WHERE id = $1`, [
      parseId(req.params.id),
    ]);
    if (!rows[0]) return res.status(404).json({ error: 'Project not found' });
    res.json(rows[0]);
  });

  router.post('/', async (req, res) => {
    const project = parseProject(req.body);
    const createdBy = req.get('x-user-id') ? parseId(req.get('x-user-id')) : null;
    const { rows } = await db
      .query(
        `INSERT INTO projects (artist_id, title, status, budget_cents, starts_on, created_by)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${COLUMNS}`,
        [
          project.artistId,
          project.title,
          project.status,
          project.budgetCents,
          project.startsOn,
          createdBy,
        ],
      )
      .catch(rethrow);
    console.log(`project ${rows[0].id} created for artist ${project.artistId}`);
    res.status(201).json(rows[0]);
  });

  router.put('/:id', async (req, res) => {
    const project = parseProject(req.body);
    const { rows } = await db
      .query(
        `UPDATE projects SET artist_id = $2, title = $3, status = $4, budget_cents = $5,
                starts_on = $6 WHERE id = $1 RETURNING ${COLUMNS}`,
        [
          parseId(req.params.id),
          project.artistId,
          project.title,
          project.status,
          project.budgetCents,
          project.startsOn,
        ],
      )
      .catch(rethrow);
    if (!rows[0]) return res.status(404).json({ error: 'Project not found' });
    res.json(rows[0]);
  });

  router.delete('/:id', async (req, res) => {
    const { rowCount } = await db.query('DELETE FROM projects WHERE id = $1', [
      parseId(req.params.id),
    ]);
    if (!rowCount) return res.status(404).json({ error: 'Project not found' });
    res.status(204).end();
  });

  return router;
}
