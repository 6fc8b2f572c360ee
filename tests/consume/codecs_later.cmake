# Configures one build folder several times: EIGENVIT_INSTALL_EXAMPLES switches the codec libraries on
# and off also where the folder was configured without it, and never against EIGENVIT_WITH_ALL_CODECS.
#
#   cmake -P codecs_later.cmake BUILD_FOLDER OPTIONS...
cmake_minimum_required(VERSION 3.18)

set(build ${CMAKE_ARGV3})
set(options)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 4 ${last})
  list(APPEND options ${CMAKE_ARGV${i}})
endforeach()
file(REMOVE_RECURSE ${build})
# Whether any codec library was looked for, with these further options.
function(expect_codecs expected)
  execute_process(COMMAND ${CMAKE_COMMAND} -B ${build} ${options} ${ARGN}
                  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  set(found OFF)
  if(output MATCHES "EigenViT: (decodes with|lib[a-z-]+ was not found)")
    set(found ON)
  endif()
  if(NOT result EQUAL 0 OR NOT found STREQUAL expected)
    message(SEND_ERROR "${ARGN}: expected codecs ${expected}, found ${found}:\n${output}")
  endif()
endfunction()
expect_codecs(OFF)
expect_codecs(ON -DEIGENVIT_INSTALL_EXAMPLES=ON)
expect_codecs(OFF -DEIGENVIT_INSTALL_EXAMPLES=OFF)
expect_codecs(ON -DEIGENVIT_WITH_ALL_CODECS=ON)
expect_codecs(OFF -DEIGENVIT_INSTALL_EXAMPLES=ON -DEIGENVIT_WITH_ALL_CODECS=OFF)
