# What every room of the house shares: warnings, sanitizers, and the rule that files are found, never listed:
#   X.cpp        goes into the room's library
#   X_test.cpp   goes into the room's test program (an orphan test cannot exist)
#   X_bench.cpp  becomes a benchmark program of its own (Google Benchmark)
# ASSAY_TESTS=OFF builds the product alone, so that a user of `scripts/assay` needs no test packages.
option(ASSAY_TESTS "Build the test programs and the micro-benchmarks" ON)
# Two thirds of a file's compile time is the standard library's and GoogleTest's headers. They are parsed once
# here. The clang preset goes without, so that a file that forgets an #include is still found.
option(ASSAY_PRECOMPILE "Parse the standard headers and GoogleTest once for all files" ON)
# tests/house_test.cpp reads compile_commands.json to find test files that nobody compiles.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_package(Threads REQUIRED)
if(ASSAY_TESTS)
  include(GoogleTest)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
endif()

add_library(assay_build_rules INTERFACE)
target_compile_options(assay_build_rules INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
target_include_directories(assay_build_rules INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(assay_build_rules INTERFACE
  ASSAY_VERSION="${PROJECT_VERSION}" _FILE_OFFSET_BITS=64)
target_link_libraries(assay_build_rules INTERFACE Threads::Threads)
if(ASSAY_SANITIZE)
  target_compile_options(assay_build_rules INTERFACE -fsanitize=${ASSAY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(assay_build_rules INTERFACE -fsanitize=${ASSAY_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Instrumented, g++ 12 takes std::regex and std::optional for uninitialised (GCC bug 105616).
    target_compile_options(assay_build_rules INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
    if(ASSAY_SANITIZE STREQUAL "thread")
      # The ring's fence is between us and a thread of the kernel, which no sanitizer watches.
      target_compile_options(assay_build_rules INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-tsan>)
    endif()
  endif()
endif()

if(ASSAY_FUZZ)
  # The fuzzer is guided by the code that an input reaches, so the rooms are instrumented and not the target alone:
  # of the reader of results it saw 168 edges without this, and more than 4800 with it.
  target_compile_options(assay_build_rules INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(assay_build_rules INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(ASSAY_PRECOMPILE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Precompiled, g++ 12 forgets that std::string lies in a system header, and shows its false alarms about it
    # (GCC bugs 105329 and 105651).
    target_compile_options(assay_build_rules INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>
      $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow> $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overread>)
  endif()
  set(standard_headers <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <filesystem>
    <fstream> <functional> <limits> <map> <memory> <mutex> <optional> <random> <set> <span> <sstream> <stop_token>
    <string> <string_view> <thread> <utility> <variant> <vector>)
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "")
  add_library(assay_precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(assay_precompiled PRIVATE assay_build_rules)
  target_precompile_headers(assay_precompiled PRIVATE ${standard_headers})
  if(ASSAY_TESTS)
    add_library(assay_precompiled_tests OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(assay_precompiled_tests PRIVATE assay_build_rules GTest::gmock GTest::gtest)
    target_compile_options(assay_precompiled_tests PRIVATE $<$<CONFIG:Release>:-O0>)
    target_precompile_headers(assay_precompiled_tests PRIVATE ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endif()

# assay_precompile(TARGET BASE): TARGET uses the headers that BASE (assay_precompiled, ..._tests) has parsed.
function(assay_precompile target base)
  if(ASSAY_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${base})
  endif()
endfunction()

# assay_room(NAME [DEPENDS target...]): one library, one test program, one program a benchmark.
# Sub-folders that have a CMakeLists.txt of their own are rooms of their own; GLOB is not recursive.
function(assay_room name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cpp)
  set(library_sources ${sources})
  if(tests OR benches)
    list(REMOVE_ITEM library_sources ${tests} ${benches})
  endif()
  list(FILTER library_sources EXCLUDE REGEX "/main\\.cpp$")
  if(library_sources)
    add_library(assay_${name} STATIC ${library_sources})
    assay_precompile(assay_${name} assay_precompiled)
    set(scope PUBLIC)
  else()
    add_library(assay_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(assay_${name} ${scope} assay_build_rules ${ARG_DEPENDS})
  if(NOT ASSAY_TESTS)
    return()
  endif()
  if(tests)
    assay_test_program(${name}_tests SOURCES ${tests} DEPENDS assay_${name} ${ARG_TEST_DEPENDS})
  endif()
  foreach(bench IN LISTS benches)
    get_filename_component(stem ${bench} NAME_WE)
    add_executable(${stem} ${bench})
    target_link_libraries(${stem} PRIVATE assay_${name} ${ARG_TEST_DEPENDS} benchmark::benchmark
      benchmark::benchmark_main)
  endforeach()
endfunction()

# assay_test_program(NAME SOURCES ... DEPENDS ... [DEFINES ...] [SERIAL [BUT_FOR FILTER]] [FAST]): each TEST is a ctest
# test; a GTEST_SKIP is a skip. SERIAL is for tests that measure: nothing else runs beside them, BUT_FOR those that
# FILTER (GoogleTest's) names, which wait and do not measure. FAST is for tests that compute for seconds themselves.
function(assay_test_program name)
  cmake_parse_arguments(ARG "SERIAL;FAST" "BUT_FOR" "SOURCES;DEPENDS;DEFINES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(NOT ARG_FAST)
    # What a test asserts does not hang on the test's own speed, and -O0 compiles a third faster than -O2.
    assay_precompile(${name} assay_precompiled_tests)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0>)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} assay_build_rules GTest::gmock GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${ARG_DEFINES})
  set(properties TIMEOUT 300)
  if(ARG_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  if(ARG_BUT_FOR)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_FILTER ${ARG_BUT_FOR} TEST_LIST ${name}_waiting
      PROPERTIES TIMEOUT 300)
    set(others TEST_FILTER -${ARG_BUT_FOR})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 ${others} PROPERTIES ${properties})
endfunction()

# assay_fuzz_program(NAME SOURCE DEPENDS ...): a libFuzzer program; the caller asks for it under ASSAY_FUZZ only.
function(assay_fuzz_program name source)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} assay_build_rules)
endfunction()
