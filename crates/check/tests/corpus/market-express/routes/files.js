const fs = require('fs');
const path = require('path');
const { exec } = require('child_process');
const express = require('express');
const multer = require('multer');
const { requireUser } = require('../lib/session');

const router = express.Router();
const upload = multer({ dest: 'uploads/', limits: { fileSize: 5e6 } });
const UPLOADS = path.join(__dirname, '..', 'uploads');

router.get('/download', requireUser, (req, res) => {
  const file = path.join(UPLOADS, req.query.name);
  res.sendFile(file);
});

router.post('/thumbnail', requireUser, upload.single('image'), (req, res) => {
  const size = req.body.size || '200x200';
  exec(`convert ${req.file.path} -resize ${size} ${req.file.path}.thumb.png`, (err) => {
    if (err) {
      console.error(err);
      return res.status(500).json({ error: 'resize failed' });
    }
    res.json({ ok: true });
  });
});

router.get('/terms', (req, res) => {
  const html = fs.readFileSync(path.join(__dirname, 'terms.html'), 'utf8');
  res.send(html);
});

// Let sellers import a photo from somewhere else
router.post('/import', requireUser, async (req, res, next) => {
  try {
    const response = await fetch(req.body.url);
    const buffer = Buffer.from(await response.arrayBuffer());
    await fs.promises.writeFile(path.join(UPLOADS, `${req.user.id}.png`), buffer);
    res.json({ ok: true });
  } catch (err) {
    next(err);
  }
});

module.exports = router;
