package dev.velox.reactor.testing;

import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.blockhound.BlockingOperationError;

/**
 * Fails each test during which something blocked a non-blocking thread, even if the error was
 * swallowed.
 */
public final class BlockingCallsExtension implements AfterEachCallback {
  @Override
  public void afterEach(ExtensionContext context) {
    List<BlockingOperationError> seen = BlockingCalls.drain();
    if (!seen.isEmpty()) {
      AssertionError failure =
          new AssertionError(seen.size() + " blocking call(s) on non-blocking threads");
      seen.forEach(failure::addSuppressed);
      throw failure;
    }
  }
}
