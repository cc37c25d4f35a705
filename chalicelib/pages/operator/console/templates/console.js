(function(){
"use strict";
var again=Number(document.documentElement.dataset.again||0);
if(again){setTimeout(function(){if(!document.hidden){location.reload()}},again*1000)}
document.querySelectorAll("[data-copy]").forEach(function(button){
  var field=document.getElementById(button.dataset.copy);
  if(!field||!navigator.clipboard){return}
  button.hidden=false;
  button.addEventListener("click",function(){
    navigator.clipboard.writeText(field.value).then(function(){button.textContent=button.dataset.done});
  });
});
}());
