# Runs the program `compiled` of the including project on the model that ships.
get_filename_component(examples ${CMAKE_CURRENT_LIST_DIR}/../../examples ABSOLUTE)
add_test(NAME compiled COMMAND compiled
  ${examples}/models/vit_cifar10_patch4_32 ${examples}/images/chelsea.png)
