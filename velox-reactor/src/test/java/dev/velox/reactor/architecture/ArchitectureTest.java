package dev.velox.reactor.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a reviewer would otherwise have to remember. */
class ArchitectureTest {

  private static final JavaClasses LIBRARY =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(Floors.ROOT);

  private static final Path SOURCES = Path.of("src/main/java");

  /** The one place where a thread waits: that of an async body, which exists in order to wait. */
  private static final Set<String> MAY_PARK = Set.of("dev.velox.reactor.async.BodyThread");

  private static final Map<String, Set<String>> BLOCKING =
      Map.of(
          "java.lang.Thread", Set.of("sleep", "yield", "onSpinWait", "join"),
          "java.lang.Object", Set.of("wait", "notify", "notifyAll"));

  @Test
  void the_library_is_there_to_be_checked() {
    assertThat(LIBRARY).hasSizeGreaterThan(20);
  }

  @Test
  void each_package_imports_only_from_floors_below() {
    ArchRuleDefinition.classes()
        .should(
            new ArchCondition<JavaClass>("import only from floors below") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                String from = Floors.room(type.getPackageName());
                if (!Floors.isKnown(from)) {
                  events.add(SimpleConditionEvent.violated(type, type + " is on no floor"));
                }
                type.getDirectDependenciesFromSelf().stream()
                    .filter(each -> each.getTargetClass().getPackageName().startsWith(Floors.ROOT))
                    .filter(
                        each ->
                            !Floors.mayImport(
                                from, Floors.room(each.getTargetClass().getPackageName())))
                    .forEach(
                        each ->
                            events.add(SimpleConditionEvent.violated(type, each.getDescription())));
              }
            })
        .check(LIBRARY);
  }

  @Test
  void only_the_package_for_spring_knows_spring() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideOutsideOfPackage("dev.velox.reactor.spring")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "dev.velox.reactor.spring")
        .check(LIBRARY);
  }

  @Test
  void nothing_in_the_library_locks_parks_sleeps_spins_or_yields() {
    DescribedPredicate<JavaClass> library =
        DescribedPredicate.describe("library", type -> !MAY_PARK.contains(type.getName()));
    ArchRuleDefinition.noClasses()
        .that(library)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.concurrent.locks")
        .check(LIBRARY);
    ArchRuleDefinition.noClasses()
        .that(library)
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "blocking or spinning",
                call ->
                    BLOCKING
                        .getOrDefault(call.getTargetOwner().getName(), Set.of())
                        .contains(call.getTarget().getName())))
        .check(LIBRARY);
    ArchRuleDefinition.noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(LIBRARY);
  }

  @Test
  void no_source_holds_a_monitor() throws IOException {
    // Byte-code tools don't show synchronized blocks, and BlockHound does not see them.
    Pattern monitor = Pattern.compile("\\bsynchronized\\s*\\(");
    try (Stream<Path> files = Files.walk(SOURCES)) {
      List<Path> offenders =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> monitor.matcher(read(file)).find())
              .toList();
      assertThat(offenders).isEmpty();
    }
  }

  @Test
  void every_subscriber_tells_its_context() {
    ArchRuleDefinition.classes()
        .that()
        .areAssignableTo(CoreSubscriber.class)
        .and()
        .doNotHaveModifier(JavaModifier.ABSTRACT)
        .should(
            new ArchCondition<JavaClass>("override currentContext()") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                boolean told =
                    type.tryGetMethod("currentContext").isPresent()
                        || type.getAllRawSuperclasses().stream()
                            .anyMatch(parent -> parent.tryGetMethod("currentContext").isPresent());
                if (!told) {
                  events.add(SimpleConditionEvent.violated(type, type + " hides its context"));
                }
              }
            })
        .allowEmptyShould(true)
        .check(LIBRARY);
  }

  @Test
  void every_publisher_and_subscription_is_scannable() {
    ArchRuleDefinition.classes()
        .that()
        .areAssignableTo(Flux.class)
        .or()
        .areAssignableTo(Mono.class)
        .or()
        .areAssignableTo(Subscription.class)
        .should()
        .beAssignableTo(Scannable.class)
        .check(LIBRARY);
  }

  @Test
  void publishers_are_not_public() {
    ArchRuleDefinition.classes()
        .that()
        .areAssignableTo(Flux.class)
        .or()
        .areAssignableTo(Mono.class)
        .should()
        .notBePublic()
        .check(LIBRARY);
  }

  @Test
  void every_package_is_null_marked() {
    Set<String> packages =
        LIBRARY.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    for (String name : packages) {
      assertThat(LIBRARY.getPackage(name).isAnnotatedWith(NullMarked.class)).as(name).isTrue();
    }
  }

  @Test
  void no_public_signature_shows_the_machinery() {
    ArchRuleDefinition.noMethods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat(
            DescribedPredicate.describe("are public and exported", ArchitectureTest::isExported))
        .should()
        .haveRawReturnType(
            DescribedPredicate.describe(
                "internal", type -> type.getPackageName().endsWith(".internal")))
        .orShould()
        .haveRawParameterTypes(
            DescribedPredicate.describe(
                "internal",
                types -> types.stream().anyMatch(t -> t.getPackageName().endsWith(".internal"))))
        .check(LIBRARY);
  }

  @Test
  void what_is_public_is_meant_to_be() throws IOException {
    TreeSet<String> exported =
        LIBRARY.stream()
            .filter(ArchitectureTest::isExported)
            .map(JavaClass::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    List<String> meant =
        Files.readAllLines(Path.of("src/test/resources/public-types.txt")).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList();
    assertThat(exported)
        .as("public types; a new one is added to public-types.txt on purpose")
        .containsExactlyElementsOf(meant);
  }

  private static boolean isExported(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && !type.getPackageName().endsWith(".internal")
        && type.getEnclosingClass().map(ArchitectureTest::isExported).orElse(true);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
