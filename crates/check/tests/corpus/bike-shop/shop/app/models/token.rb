class Token
  SECRET = ENV.fetch("JWT_SECRET", "bikes")

  def self.issue(user)
    JWT.encode({ sub: user.id, exp: 1.hour.from_now.to_i }, SECRET, "HS256")
  end
end
