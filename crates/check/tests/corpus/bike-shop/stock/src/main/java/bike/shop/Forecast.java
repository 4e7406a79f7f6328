package bike.shop;

final class Forecast {
  int next(String article) {
    throw new UnsupportedOperationException("Not implemented yet");
  }
}
