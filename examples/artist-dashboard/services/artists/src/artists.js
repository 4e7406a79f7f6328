import { Router } from 'express';

import { likePattern, parseArtist, parseId, parsePaging } from './validate.js';

const COLUMNS = 'id, name, discipline, city, bio, created_at AS "createdAt"';

export function artistsRouter(db) {
  const router = Router();

  router.get('/', async (req, res) => {
    const { page, pageSize, offset } = parsePaging(req.query);
    const pattern = likePattern(req.query.search);
    const where = 'WHERE a.name ILIKE $1 OR a.discipline ILIKE $1 OR a.city ILIKE $1';
    const [list, count] = await Promise.all([
      db.query(
        `SELECT a.id, a.name, a.discipline, a.city,
                (SELECT count(*)::int FROM projects p WHERE p.artist_id = a.id) AS "projectCount"
           FROM artists a ${where}
          ORDER BY a.name, a.id LIMIT $2 OFFSET $3`,
        [pattern, pageSize, offset],
      ),
      db.query(`SELECT count(*)::int AS total FROM artists a ${where}`, [pattern]),
    ]);
    res.json({ items: list.rows, total: count.rows[0].total, page, pageSize });
  });

  router.get('/:id', async (req, res) => {
    const { rows } = await db.query(`SELECT ${COLUMNS} FROM artists WHERE id = $1`, [
      parseId(req.params.id),
    ]);
    if (!rows[0]) return res.status(404).json({ error: 'Artist not found' });
    res.json(rows[0]);
  });

  router.post('/', async (req, res) => {
    const artist = parseArtist(req.body);
    const { rows } = await db.query(
      `INSERT INTO artists (name, discipline, city, bio) VALUES ($1, $2, $3, $4)
       RETURNING ${COLUMNS}`,
      [artist.name, artist.discipline, artist.city, artist.bio],
    );
    res.status(201).json(rows[0]);
  });

  router.put('/:id', async (req, res) => {
    const artist = parseArtist(req.body);
    const { rows } = await db.query(
      `UPDATE artists SET name = $2, discipline = $3, city = $4, bio = $5 WHERE id = $1
       RETURNING ${COLUMNS}`,
      [parseId(req.params.id), artist.name, artist.discipline, artist.city, artist.bio],
    );
    if (!rows[0]) return res.status(404).json({ error: 'Artist not found' });
    res.json(rows[0]);
  });

  router.delete('/:id', async (req, res) => {
    const { rowCount } = await db.query('DELETE FROM artists WHERE id = $1', [
      parseId(req.params.id),
    ]);
    if (!rowCount) return res.status(404).json({ error: 'Artist not found' });
    res.status(204).end();
  });

  return router;
}
