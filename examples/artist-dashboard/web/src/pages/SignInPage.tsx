import { useState, type FormEvent } from 'react';

import { api, type User } from '../api';

export function SignInPage({ onSignedIn }: { onSignedIn: (user: User) => void }) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    setBusy(true);
    try {
      onSignedIn(await api.login(String(values.get('email')), String(values.get('password'))));
    } catch (reason) {
      setError((reason as Error).message);
      setBusy(false);
    }
  }

  return (
    <div className="sign-in">
      <form className="card stack" onSubmit={submit}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <div>
          <h1>Artist Dashboard</h1>
          <p className="muted">Sign in to see your artists and their projects.</p>
        </div>
        <label>
          Email
          <input name="email" type="email" autoComplete="username" required autoFocus />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {error && <p className="error">{error}</p>}
        <button className="primary" disabled={busy}>
          Sign in
        </button>
      </form>
    </div>
  );
}
