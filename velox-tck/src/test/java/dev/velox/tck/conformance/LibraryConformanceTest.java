package dev.velox.tck.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.tck.Conformance;
import dev.velox.tck.ConformanceReport;
import dev.velox.tck.RuleResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Every public publisher, subscriber and operator of the library against every rule that applies to
 * it. A new one fails the build until it has an entry: write {@code <Package>Subjects} beside
 * {@link ChannelSubjects}, and add it to {@link #SUBJECTS}.
 */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = "reactor.core.scheduler.Schedulers", mode = ResourceAccessMode.READ)
class LibraryConformanceTest {

  private static final List<Subject> SUBJECTS =
      Stream.of(
              ChannelSubjects.all(),
              BroadcastSubjects.all(),
              CollectionSubjects.all(),
              ParallelSubjects.all(),
              AsyncSubjects.all(),
              SyncSubjects.all(),
              RetrySubjects.all(),
              StmSubjects.all(),
              WorkerSubjects.all(),
              ActorSubjects.all(),
              SpringSubjects.all())
          .flatMap(List::stream)
          .toList();

  /** What is public and reactive, but can't be subscribed to from here; each with the reason. */
  private static final Set<String> EXEMPT =
      Set.of(
          // A view as Reactor's ParallelFlux, which is no Publisher.
          "ParallelArray.parallel()",
          // Written by users.
          "Behavior.receive(Object, Object)",
          "ContextBehavior.onStart(ActorContext, Object)",
          "ContextBehavior.postStop(ActorContext, Object)",
          "ContextBehavior.preRestart(ActorContext, Object, Throwable)",
          "ContextBehavior.receive(ActorContext, Object, Object)",
          // A channel's send, which has its entry.
          "ReplyStream.next(Object)",
          // A broadcast's, which has its entry.
          "ActorSystem.deadLetters()",
          "ActorSystem.events()");

  private static final Path PROOF =
      Path.of("target", "reactive-streams-conformance", "library.txt");

  @TestFactory
  Stream<DynamicNode> every_rule_that_applies_is_followed() {
    return SUBJECTS.stream().map(Subject::conformance).map(Conformance::container);
  }

  @Test
  void everything_public_that_is_reactive_has_an_entry() throws Exception {
    Set<String> found = PublicPublishers.find();
    Set<String> covered =
        SUBJECTS.stream().map(Subject::covers).collect(Collectors.toCollection(TreeSet::new));
    covered.addAll(EXEMPT);

    assertThat(found).isNotEmpty();
    assertThat(covered).containsExactlyElementsOf(found);
  }

  @AfterAll
  static void the_rules_were_really_run() throws IOException {
    assertThat(SUBJECTS)
        .allSatisfy(
            subject ->
                assertThat(ConformanceReport.results())
                    .filteredOn(r -> r.subject().equals(subject.conformance().subject()))
                    .filteredOn(result -> result.outcome() == Outcome.PASSED)
                    .hasSizeGreaterThanOrEqualTo(15));
    // The build looks for it: this class can't say itself that it was left out.
    Files.createDirectories(PROOF.getParent());
    Files.writeString(PROOF, SUBJECTS.size() + " subjects\n");
  }
}
