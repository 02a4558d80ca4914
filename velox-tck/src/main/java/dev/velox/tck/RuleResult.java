package dev.velox.tck;

import org.jspecify.annotations.Nullable;

/**
 * What came of one rule for one subject.
 *
 * @param subject the name of the publisher, processor or subscriber
 * @param rule the rule
 * @param outcome what came of it
 * @param reason why it failed, was not met or does not apply; empty if it passed
 * @param failure what was thrown, if it failed
 */
public record RuleResult(
    String subject, Rule rule, Outcome outcome, String reason, @Nullable Throwable failure) {

  /** What can come of a rule. */
  public enum Outcome {
    /** The check ran and held. */
    PASSED,
    /** The check ran and did not hold, or applied and could not be run. */
    FAILED,
    /** An optional rule that the subject does not follow, and did not promise to. */
    NOT_MET,
    /** What was declared about the subject rules it out. */
    NOT_APPLICABLE
  }
}
