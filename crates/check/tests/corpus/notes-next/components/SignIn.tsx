'use client';
import { useState } from 'react';

export function SignIn() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  async function submit() {
    const res = await fetch('/api/sign-in', {
      method: 'POST',
      body: JSON.stringify({ email, password }),
    });
    const data = await res.json();
    if (res.ok) {
      localStorage.setItem('access_token', data.token);
      window.location.assign('/notes');
    } else {
      document.querySelector('#error')!.innerHTML = data.message;
    }
  }

  return (
    <form action={submit}>
      <input value={email} onChange={(e) => setEmail(e.target.value)} />
      <input type="password" value={password} onChange={(e) => setPassword(e.target.value)} />
      <p id="error" />
      <button>Sign in</button>
    </form>
  );
}
