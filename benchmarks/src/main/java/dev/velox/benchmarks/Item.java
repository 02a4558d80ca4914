package dev.velox.benchmarks;

/** What is moved about: made before the measurement, so that no peer is charged for boxing. */
public record Item(int number) {

  /** Items numbered from 1. */
  public static Item[] upTo(int count) {
    Item[] items = new Item[count];
    for (int i = 0; i < count; i++) {
      items[i] = new Item(i + 1);
    }
    return items;
  }
}
