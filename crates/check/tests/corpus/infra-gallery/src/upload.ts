import multer from 'multer';

const storage = multer.diskStorage({
  destination: 'pictures/',
  filename: (_request, file, done) => done(null, `${Date.now()}-${file.fieldname}.jpg`),
});

export const upload = multer({ storage, limits: { fileSize: 8 * 1024 * 1024, files: 4 } });
