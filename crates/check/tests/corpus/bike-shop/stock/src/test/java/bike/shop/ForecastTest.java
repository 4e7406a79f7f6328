package bike.shop;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

class ForecastTest {
  @Disabled("until there is a forecast")
  @Test
  void knowsNextWeek() {
    new Forecast().next("bell");
  }
}
