import { useState } from 'react';

export default function App() {
  const [days, setDays] = useState(0);
  return <button onClick={() => setDays(days + 1)}>Done for {days} days</button>;
}
