region       = "europe-west3"
alert_secret = "OqsdcXy4V9dKachAMMNYGn8aS4sEhb"
