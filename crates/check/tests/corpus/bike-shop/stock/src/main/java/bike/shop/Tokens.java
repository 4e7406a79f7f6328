package bike.shop;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import java.time.Instant;

final class Tokens {
  static String issue(String user) {
    return JWT.create()
        .withSubject(user)
        .withExpiresAt(Instant.now().plusSeconds(3600))
        .sign(Algorithm.HMAC256("stock-secret"));
  }
}
