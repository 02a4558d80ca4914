package dev.velox.reactor.testing;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Installs BlockHound before the first test class is loaded, so that the whole suite runs under it.
 */
public final class BlockHoundInstaller implements LauncherSessionListener {
  @Override
  public void launcherSessionOpened(LauncherSession session) {
    BlockingCalls.install();
  }
}
