package store

// Where the jobs are.
const dsn = "mongodb+srv://field:OeBhRcwV1zkcoDi@cluster0.x7k2p.mongodb.net/field"
