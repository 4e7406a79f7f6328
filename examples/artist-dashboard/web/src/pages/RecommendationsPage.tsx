import { Link } from 'react-router-dom';

import { api } from '../api';
import { Avatar } from '../components/Avatar';
import { useLoad } from '../useLoad';

export function RecommendationsPage() {
  const { data, error } = useLoad(api.latestRecommendations, []);

  return (
    <>
      <div className="heading">
        <div>
          <h1>Recommendations</h1>
          <p className="muted">The latest suggestions for artists who could work together.</p>
        </div>
      </div>
      {error && <p className="error">{error}</p>}
      <div className="cards">
        {data?.items.map((item) => (
          <article className="card pair" key={`${item.forArtistId}-${item.artistId}`}>
            <div className="avatars">
              <Avatar name={item.forArtistName} />
              <Avatar name={item.name} />
            </div>
            <div>
              <Link to={`/artists/${item.forArtistId}`}>{item.forArtistName}</Link>
              <span className="muted"> with </span>
              <Link to={`/artists/${item.artistId}`}>{item.name}</Link>
              <small>{item.reason}</small>
            </div>
            <span className="score">{item.score}</span>
          </article>
        ))}
      </div>
      {data?.items.length === 0 && (
        <p className="empty">Open an artist to ask for recommendations.</p>
      )}
    </>
  );
}
