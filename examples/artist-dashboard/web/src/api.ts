export interface User {
  id: number;
  email: string;
  name: string;
}

export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  pageSize: number;
}

export interface Artist {
  id: number;
  name: string;
  discipline: string;
  city: string;
  bio: string;
}

export interface ArtistRow extends Omit<Artist, 'bio'> {
  projectCount: number;
}

export type ProjectStatus = 'planned' | 'active' | 'finished';

export interface Project {
  id: number;
  artistId: number;
  title: string;
  status: ProjectStatus;
  budgetCents: number;
  startsOn: string | null;
}

export interface NewProject {
  artistId: number;
  title: string;
  status: ProjectStatus;
  budgetCents: number;
  startsOn: string;
}

export interface PortfolioItem {
  id: number;
  title: string;
  medium: string;
  year: number;
  hue: number;
}

export interface Portfolio {
  artist: Artist;
  summary: {
    count: number;
    from: number | null;
    to: number | null;
    media: { medium: string; count: number }[];
  };
  items: PortfolioItem[];
}

export interface Recommendation {
  artistId: number;
  name: string;
  discipline: string;
  city: string;
  score: number;
  reason: string;
}

export interface LatestRecommendation extends Recommendation {
  forArtistId: number;
  forArtistName: string;
}

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function request<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let data;
  try {
    data = text ? JSON.parse(text) : undefined;
  } catch {
    data = undefined;
  }
  if (!response.ok) {
    throw new ApiError(data?.error ?? 'The server could not be reached', response.status);
  }
  return data as T;
}

export const api = {
  me: () => request<User>('/me'),
  login: (email: string, password: string) => request<User>('/login', { email, password }),
  logout: () => request<void>('/logout', {}),
  artists: (search: string, page: number) =>
    request<Page<ArtistRow>>(`/artists?${new URLSearchParams({ search, page: String(page) })}`),
  artist: (id: number) => request<Artist>(`/artists/${id}`),
  projects: (artistId: number, page: number) =>
    request<Page<Project>>(`/projects?artistId=${artistId}&page=${page}&pageSize=10`),
  createProject: (project: NewProject) => request<Project>('/projects', project),
  portfolio: (artistId: number) => request<Portfolio>(`/portfolio/${artistId}`),
  recommendations: (artistId: number) =>
    request<{ status: 'ready' | 'pending'; items: Recommendation[] }>(
      `/recommendations/${artistId}`,
    ),
  refreshRecommendations: (artistId: number) =>
    request<{ queued: boolean }>(`/recommendations/${artistId}/refresh`, {}),
  latestRecommendations: () => request<{ items: LatestRecommendation[] }>('/recommendations'),
};
