package dev.velox.tck;

import static java.util.stream.Collectors.joining;

import dev.velox.tck.RuleResult.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.testng.SkipException;

/**
 * What one publisher, processor or subscriber declares about itself, and the rules that follow from
 * it.
 *
 * <p>A rule that does not apply makes no test; it stands in the report with the reason. A rule that
 * applies must pass: where the official kit would skip it, the test fails. Only an optional rule
 * that nothing declared makes binding is reported as aborted, unless {@link #promoteOptionalRules}
 * was called.
 *
 * @param <S> the type itself, so that calls chain
 */
public abstract class Conformance<S extends Conformance<S>> {

  /** The check of one rule; it throws if the rule does not hold. */
  interface Check {
    void run() throws Throwable;
  }

  /** A rule of the catalogue: to be checked, or ruled out by a reason. */
  record Entry(Rule rule, @Nullable Check check, String reason) {

    static Entry applies(Rule rule, Check check) {
      return new Entry(rule, check, "");
    }

    static Entry ruledOut(Rule rule, String reason) {
      return new Entry(rule, null, reason);
    }
  }

  private final String subject;
  private final Map<String, String> exceptions = new LinkedHashMap<>();
  private boolean promoted;
  private boolean reported = true;
  Timing timing = Timing.DEFAULT;

  Conformance(String subject) {
    this.subject = Objects.requireNonNull(subject, "subject must not be null");
  }

  abstract S self();

  /** Every rule of the catalogue, in its order; checks the declarations first. */
  abstract List<Entry> catalogue();

  /**
   * Whether an optional rule is binding because of what was declared: who declares multicast
   * promises it.
   */
  abstract boolean promised(Rule rule);

  /**
   * Sets how long to wait.
   *
   * @param timing the times
   * @return this
   */
  public S timing(Timing timing) {
    this.timing = Objects.requireNonNull(timing, "timing must not be null");
    return self();
  }

  /**
   * Makes every optional rule binding.
   *
   * @return this
   */
  public S promoteOptionalRules() {
    promoted = true;
    return self();
  }

  /**
   * Takes a rule out, with a reason that will stand in the report.
   *
   * @param rule the rule's section, such as {@code §3.13} or {@code 3.13}, or the id of one check
   * @param reason why it is not kept
   * @return this
   */
  public S except(String rule, String reason) {
    Objects.requireNonNull(rule, "rule must not be null");
    exceptions.put(rule.matches("\\d\\.\\d+") ? "§" + rule : rule, reason);
    return self();
  }

  /**
   * Leaves the subject out of the report.
   *
   * @return this
   */
  public S unreported() {
    reported = false;
    return self();
  }

  /**
   * The name that was given to the subject.
   *
   * @return the name
   */
  public String subject() {
    return subject;
  }

  /**
   * The rules that apply, each of which {@link #tests()} makes a test of.
   *
   * @return the rules in the order of the specification
   */
  public List<Rule> rules() {
    return entries().stream().filter(entry -> entry.check() != null).map(Entry::rule).toList();
  }

  /**
   * Makes the tests: one per rule that applies, in a container for each kind. Return it from a
   * method annotated with {@code @TestFactory}.
   *
   * @return the containers
   */
  public Stream<DynamicNode> tests() {
    List<Entry> entries = entries();
    Map<Rule.Kind, List<DynamicNode>> byKind = new EnumMap<>(Rule.Kind.class);
    for (Entry entry : entries) {
      Rule rule = entry.rule();
      if (entry.check() == null) {
        report(ruledOut(entry));
      } else {
        byKind
            .computeIfAbsent(rule.kind(), kind -> new ArrayList<>())
            .add(DynamicTest.dynamicTest(rule.displayName(), rule.link(), () -> test(entry)));
      }
    }
    return byKind.entrySet().stream()
        .map(kind -> DynamicContainer.dynamicContainer(name(kind.getKey()), kind.getValue()))
        .map(DynamicNode.class::cast)
        .onClose(ConformanceReport::write);
  }

  private static String name(Rule.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Makes the tests in a container named after the subject, for a factory that tests several.
   *
   * @return the container
   */
  public DynamicContainer container() {
    return DynamicContainer.dynamicContainer(subject, tests());
  }

  /**
   * Runs the rules here and now, without JUnit.
   *
   * @return what came of each rule of the catalogue
   */
  public List<RuleResult> check() {
    return check(rule -> true);
  }

  /**
   * Runs some of the rules here and now, without JUnit.
   *
   * @param which the rules to run
   * @return what came of each of them
   */
  public List<RuleResult> check(Predicate<Rule> which) {
    List<RuleResult> results = new ArrayList<>();
    for (Entry entry : entries()) {
      if (which.test(entry.rule())) {
        results.add(entry.check() == null ? ruledOut(entry) : run(entry));
      }
    }
    return results;
  }

  private void test(Entry entry) throws Throwable {
    RuleResult result = run(entry);
    report(result);
    if (result.outcome() == Outcome.NOT_MET) {
      Assumptions.abort(result.reason());
    }
    if (result.failure() != null) {
      throw result.failure();
    }
  }

  private void report(RuleResult result) {
    if (reported) {
      ConformanceReport.record(result);
    }
  }

  private RuleResult ruledOut(Entry entry) {
    return new RuleResult(subject, entry.rule(), Outcome.NOT_APPLICABLE, entry.reason(), null);
  }

  private RuleResult run(Entry entry) {
    Rule rule = entry.rule();
    Check check = Objects.requireNonNull(entry.check());
    try {
      Assertions.assertTimeoutPreemptively(
          timing.rule(), check::run, () -> rule.displayName() + " is stuck");
      return new RuleResult(subject, rule, Outcome.PASSED, "", null);
    } catch (SkipException skipped) {
      String reason = String.valueOf(skipped.getMessage());
      if (rule.kind() == Rule.Kind.OPTIONAL && !promoted && !promised(rule)) {
        return new RuleResult(subject, rule, Outcome.NOT_MET, reason, null);
      }
      AssertionError failure =
          new AssertionError(
              rule.displayName() + " applies to " + subject + ", but was skipped: " + reason,
              skipped);
      return new RuleResult(subject, rule, Outcome.FAILED, reason, failure);
    } catch (OutOfMemoryError fatal) {
      throw fatal;
    } catch (Throwable failure) {
      return new RuleResult(subject, rule, Outcome.FAILED, String.valueOf(failure), failure);
    }
  }

  private List<Entry> entries() {
    List<Entry> entries = catalogue();
    for (String exception : exceptions.keySet()) {
      if (entries.stream().noneMatch(entry -> names(exception, entry.rule()))) {
        throw new IllegalStateException(
            subject
                + " excepts "
                + exception
                + ", which is no rule; the sections are "
                + entries.stream()
                    .map(entry -> entry.rule().section())
                    .distinct()
                    .collect(joining(" ")));
      }
    }
    return entries.stream().map(this::withException).toList();
  }

  private Entry withException(Entry entry) {
    for (Map.Entry<String, String> exception : exceptions.entrySet()) {
      if (entry.check() != null && names(exception.getKey(), entry.rule())) {
        return Entry.ruledOut(entry.rule(), "excepted: " + exception.getValue());
      }
    }
    return entry;
  }

  private static boolean names(String exception, Rule rule) {
    return exception.equals(rule.section()) || exception.equals(rule.id());
  }
}
