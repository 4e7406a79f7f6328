import { CronJob } from 'cron';

import { sweep } from './sweep.js';

export const cleanup = CronJob.from({ cronTime: '0 3 * * *', onTick: sweep, start: true });
