import { useEffect, useState } from 'react';
import { Navigate, NavLink, Route, Routes } from 'react-router-dom';

import { api, type User } from './api';
import { ArtistPage } from './pages/ArtistPage';
import { ArtistsPage } from './pages/ArtistsPage';
import { PortfolioPage } from './pages/PortfolioPage';
import { RecommendationsPage } from './pages/RecommendationsPage';
import { SignInPage } from './pages/SignInPage';

export function App() {
  const [user, setUser] = useState<User | null>();

  useEffect(() => {
    api.me().then(setUser, () => setUser(null));
  }, []);

  if (user === undefined) return <p className="empty">Loading…</p>;
  if (user === null) return <SignInPage onSignedIn={setUser} />;

  async function signOut() {
    await api.logout();
    setUser(null);
  }

  return (
    <>
      <header className="topbar">
        <NavLink to="/artists" className="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          Artist Dashboard
        </NavLink>
        <nav>
          <NavLink to="/artists">Artists</NavLink>
          <NavLink to="/recommendations">Recommendations</NavLink>
        </nav>
        <div className="account">
          <span>{user.name}</span>
          <button className="quiet" onClick={signOut}>
            Sign out
          </button>
        </div>
      </header>
      <main>
        <Routes>
          <Route path="/artists" element={<ArtistsPage />} />
          <Route path="/artists/:id" element={<ArtistPage />} />
          <Route path="/artists/:id/portfolio" element={<PortfolioPage />} />
          <Route path="/recommendations" element={<RecommendationsPage />} />
          <Route path="*" element={<Navigate to="/artists" replace />} />
        </Routes>
      </main>
    </>
  );
}
