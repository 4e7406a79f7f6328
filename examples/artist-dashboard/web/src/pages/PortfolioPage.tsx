import { Link, useParams } from 'react-router-dom';

import { api, type PortfolioItem } from '../api';
import { useLoad } from '../useLoad';

function artwork({ hue, id }: PortfolioItem) {
  return {
    backgroundImage: [
      `radial-gradient(circle at ${20 + (id % 60)}% ${25 + (id % 45)}%, hsl(${hue} 70% 82%) 0 18%, transparent 19%)`,
      `linear-gradient(${(id * 47) % 180}deg, hsl(${hue} 55% 55%) 45%, hsl(${(hue + 40) % 360} 60% 68%) 45%)`,
    ].join(', '),
  };
}

export function PortfolioPage() {
  const artistId = Number(useParams().id);
  const { data, error } = useLoad(() => api.portfolio(artistId), [artistId]);

  if (error) return <p className="error">{error}</p>;
  if (!data) return <p className="empty">Loading…</p>;
  const { artist, summary, items } = data;

  return (
    <>
      <div className="heading">
        <div>
          <h1>Portfolio of {artist.name}</h1>
          <p className="muted">
            {summary.count} works
            {summary.from && `, ${summary.from}–${summary.to}`}
            {summary.media.length > 0 &&
              ` · ${summary.media.map((entry) => `${entry.medium} (${entry.count})`).join(', ')}`}
          </p>
        </div>
        <Link className="button" to={`/artists/${artistId}`}>
          Back to artist
        </Link>
      </div>
      <div className="gallery">
        {items.map((item) => (
          <figure className="card" key={item.id}>
            <div className="artwork" style={artwork(item)} />
            <figcaption>
              <strong>{item.title}</strong>
              <small>
                {item.medium}, {item.year}
              </small>
            </figcaption>
          </figure>
        ))}
      </div>
      {items.length === 0 && <p className="empty">Nothing in this portfolio yet.</p>}
    </>
  );
}
