# Runs each program that the including project has built on the model that ships.
get_filename_component(examples ${CMAKE_CURRENT_LIST_DIR}/../../examples ABSOLUTE)
foreach(program header_only compiled)
  if(TARGET ${program})
    add_test(NAME ${program} COMMAND ${program}
      ${examples}/models/vit_cifar10_patch4_32 ${examples}/images/chelsea.png)
  endif()
endforeach()
