#!/bin/bash
set -euo pipefail
rsync -az --delete server/ deploy@app.invoicestudio.app:/srv/invoices/
ssh deploy@app.invoicestudio.app 'cd /srv/invoices && npm ci && pm2 restart invoices'
