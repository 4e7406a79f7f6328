const multer = require('multer');

// product pictures, resized later
const upload = multer({ storage: multer.memoryStorage() });

module.exports = upload.single('picture');
