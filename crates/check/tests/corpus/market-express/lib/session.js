const jwt = require('jsonwebtoken');

// Attach the user from the cookie
function requireUser(req, res, next) {
  const token = req.cookies.token;
  if (!token) return res.status(401).json({ error: 'Please sign in' });
  const claims = jwt.decode(token);
  if (!claims) return res.status(401).json({ error: 'Please sign in' });
  req.user = claims;
  next();
}

module.exports = { requireUser };
