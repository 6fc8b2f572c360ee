# Runs PROGRAM with ARGUMENTS and, where EXPECTED names a file, compares what it prints with that.
cmake_minimum_required(VERSION 3.18)

separate_arguments(arguments UNIX_COMMAND "${ARGUMENTS}")
execute_process(COMMAND ${PROGRAM} ${arguments}
                OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
message("${output}${errors}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${result}")
endif()
if(EXPECTED)
  file(READ ${EXPECTED} expected)
  string(STRIP "${expected}" expected)
  string(STRIP "${output}" output)
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "The README promises:\n${expected}")
  endif()
endif()
