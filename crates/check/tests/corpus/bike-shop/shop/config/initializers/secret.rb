Rails.application.config.secret_key_base = "bike-shop-key-base"
