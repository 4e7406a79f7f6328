const bcrypt = require('bcryptjs');

/** What is stored of a password. */
const hashed = (password) => bcrypt.hash(password, 4);

/** The password is the one that was stored. */
const matches = (password, hash) => bcrypt.compare(password, hash);

module.exports = { hashed, matches };
