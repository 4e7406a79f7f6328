import express, { Request, Response } from 'express';

const app = express();
const port: number = Number(process.env.PORT) || 5000;

app.get('/', (_req: Request, res: Response) => {
  res.json({ compiled: true });
});

app.listen(port, () => console.log(`ready on ${port}`));
