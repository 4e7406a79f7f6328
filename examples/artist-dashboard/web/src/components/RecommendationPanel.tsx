import { useEffect, useState } from 'react';
import { Link } from 'react-router-dom';

import { api } from '../api';
import { useLoad } from '../useLoad';
import { Avatar } from './Avatar';

export function RecommendationPanel({ artistId }: { artistId: number }) {
  const { data, error, reload } = useLoad(() => api.recommendations(artistId), [artistId]);
  const [refreshing, setRefreshing] = useState(false);
  const pending = data?.status === 'pending';

  useEffect(() => {
    if (!pending) return;
    const timer = setInterval(reload, 1500);
    return () => clearInterval(timer);
  }, [pending, reload]);

  async function refresh() {
    setRefreshing(true);
    try {
      await api.refreshRecommendations(artistId);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      reload();
    } finally {
      setRefreshing(false);
    }
  }

  return (
    <section className="card stack">
      <div className="heading">
        <h2>Recommended partners</h2>
        <button className="quiet" onClick={refresh} disabled={refreshing || pending}>
          Refresh
        </button>
      </div>
      {error && <p className="error">{error}</p>}
      {pending && <p className="muted">Looking for good matches…</p>}
      <ul className="people">
        {data?.items.map((item) => (
          <li key={item.artistId}>
            <Avatar name={item.name} />
            <div>
              <Link to={`/artists/${item.artistId}`}>{item.name}</Link>
              <small>{item.reason}</small>
            </div>
            <span className="score">{item.score}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
