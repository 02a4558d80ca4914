package dev.velox.tck;

/**
 * What a publisher can do, as declared.
 *
 * @param elements how many elements it can signal at most
 * @param endless whether it never completes
 * @param fanOut what several subscribers see
 * @param failsUnasked whether it fails, if it does, before anything is requested
 * @param cannotFail why it can't fail, or empty if it can
 * @param cannotBeEmpty why it can't be empty, or empty if it can
 */
record Capabilities(
    long elements,
    boolean endless,
    FanOut fanOut,
    boolean failsUnasked,
    String cannotFail,
    String cannotBeEmpty) {

  boolean canFail() {
    return cannotFail.isEmpty();
  }

  boolean canBeEmpty() {
    return cannotBeEmpty.isEmpty();
  }

  String describedElements() {
    if (elements == 0) {
      return "none";
    }
    return elements == 1 ? "at most one" : "at most " + elements;
  }
}
