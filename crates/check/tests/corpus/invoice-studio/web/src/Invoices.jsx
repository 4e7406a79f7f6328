import { useEffect, useState } from 'react';

export function Invoices() {
  const [rows, setRows] = useState([]);
  useEffect(() => {
    fetch(`${import.meta.env.VITE_API_URL}/api/invoices`)
      .then((answer) => answer.json())
      .then(setRows);
  }, []);
  return (
    <ul>
      {rows.map((row) => (
        <li key={row.id}>{row.number}</li>
      ))}
    </ul>
  );
}
